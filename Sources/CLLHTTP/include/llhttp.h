// The sources ask for their header by this name.
#include "/usr/share/include/llhttp/llhttp.h"
