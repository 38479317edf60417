/* Gives each file of the directories named to a fuzzer once: what libFuzzer's own main does with `-runs=0`. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END))
        return 0; /* a directory */
    long size = ftell(f);
    rewind(f);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1); /* exactly so long, for the sanitizer */
    int ok = data && size >= 0 && fread(data, 1, (size_t)size, f) == (size_t)size;
    fclose(f);
    if (ok)
        LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    return ok;
}

int main(int argc, char **argv)
{
    unsigned files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        if (!d) {
            perror(argv[i]);
            return 1;
        }
        for (struct dirent *ent; (ent = readdir(d));) {
            char path[4096];
            if (ent->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", argv[i], ent->d_name) < (int)sizeof path)
                files += (unsigned)replay_file(path);
        }
        closedir(d);
    }
    printf("%u inputs\n", files);
    return files ? 0 : 1; /* an empty corpus proves nothing */
}
