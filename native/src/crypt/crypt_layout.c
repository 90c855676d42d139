#include "dcn/crypt.h"
#include "support/layout.h"

DCN_LAYOUT(crypt) {
    DCN_LAYOUT_SIZE(dcn_crypt_key_material);
    DCN_LAYOUT_OFFSET(dcn_crypt_key_material, key);
    DCN_LAYOUT_OFFSET(dcn_crypt_key_material, iv);
    DCN_LAYOUT_OFFSET(dcn_crypt_key_material, handle);

    DCN_LAYOUT_SIZE(dcn_crypt_record);
    DCN_LAYOUT_OFFSET(dcn_crypt_record, key);
    DCN_LAYOUT_OFFSET(dcn_crypt_record, sequence);
    DCN_LAYOUT_OFFSET(dcn_crypt_record, source);
    DCN_LAYOUT_OFFSET(dcn_crypt_record, target);
    DCN_LAYOUT_OFFSET(dcn_crypt_record, length);
    DCN_LAYOUT_OFFSET(dcn_crypt_record, type);
    DCN_LAYOUT_OFFSET(dcn_crypt_record, result);
}
