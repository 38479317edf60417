#include "client/cmd/cmd.h"
#include "client/frame.h"
#include "common/fds.h"

int main(int argc, char **argv) { return fds_keep_standard() ? frame_main(argc, argv, commands) : 1; }
