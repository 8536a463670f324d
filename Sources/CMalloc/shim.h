/* What the Glibc module leaves out. */
#pragma once
#include <malloc.h>
