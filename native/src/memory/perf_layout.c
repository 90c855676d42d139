#include "dcn/perf.h"
#include "support/layout.h"

DCN_LAYOUT(perf) {
    DCN_LAYOUT_SIZE(dcn_perf_count);
    DCN_LAYOUT_OFFSET(dcn_perf_count, value);
    DCN_LAYOUT_OFFSET(dcn_perf_count, enabled_ns);
    DCN_LAYOUT_OFFSET(dcn_perf_count, running_ns);
}
