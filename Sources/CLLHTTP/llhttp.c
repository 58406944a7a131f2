// Debian's package node-llhttp ships sources and no library: they are compiled where they lie, one file each, in llhttp's strict mode.
#define LLHTTP_STRICT_MODE 1
#include "/usr/share/llhttp/llhttp.c"
