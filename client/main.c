#include "client/cmd/cmd.h"
#include "client/frame.h"

int main(int argc, char **argv) { return frame_main(argc, argv, commands); }
