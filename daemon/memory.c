#include "daemon/memory.h"

#include <link.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <sys/mman.h>

/* What nobody can have written: of the program the texts of procedures, scripts and messages, of the libraries what
 * they needed only to be initialised. The files have it. */
static int give_back_texts(struct dl_phdr_info *info, size_t size, void *arg)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_LOAD || p->p_flags & PF_W)
            continue;
        uintptr_t from = (info->dlpi_addr + p->p_vaddr + page - 1) / page * page;
        uintptr_t to = (info->dlpi_addr + p->p_vaddr + p->p_memsz) / page * page;
        if (from < to)
            madvise((void *)from, to - from, MADV_DONTNEED); /* advice: nothing is lost if it is not taken */
    }
    return 0;
}

void memory_give_back(void)
{
    malloc_trim(0);
    dl_iterate_phdr(give_back_texts, NULL);
}
