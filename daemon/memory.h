/* What the daemon holds in memory while it has nothing to do. */
#pragma once

/* Gives back to the system what only the start needed. What is needed again comes again by itself. */
void memory_give_back(void);
