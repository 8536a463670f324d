#include "holdfast_proto.h"
