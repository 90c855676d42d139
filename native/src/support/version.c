#include "dcn/error.h"

int dcn_abi_version(void) {
    return DCN_ABI_VERSION;
}
