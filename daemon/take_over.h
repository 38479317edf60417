/* omsupd takeover: its command line. What it does: takeover/takeover.h. */
#pragma once

int take_over_main(int argc, char **argv); /* argv[1] is "takeover"; the exit status */
