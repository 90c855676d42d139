#include "dcn/wait.h"
#include "support/layout.h"

DCN_LAYOUT(wait) {
    DCN_LAYOUT_SIZE(dcn_wait_entry);
    DCN_LAYOUT_OFFSET(dcn_wait_entry, fd);
    DCN_LAYOUT_OFFSET(dcn_wait_entry, wanted);
    DCN_LAYOUT_OFFSET(dcn_wait_entry, ready);
    DCN_LAYOUT_OFFSET(dcn_wait_entry, clear);
}
