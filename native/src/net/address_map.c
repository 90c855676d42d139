#include "net/address_map.h"

#include <bpf/bpf.h>
#include <string.h>

#define ADDRESSES_MAX 64u

int address_map_open(void) {
    return bpf_map_create(BPF_MAP_TYPE_HASH, "dcn_addresses", 16, sizeof(uint32_t), ADDRESSES_MAX, NULL);
}

uint32_t address_map_mapped(void) {
    const uint8_t bytes[4] = {0, 0, 0xff, 0xff};
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

int address_map_add(int map, const uint8_t *address, uint32_t bytes) {
    uint8_t key[16] = {[10] = 0xff, [11] = 0xff};
    uint32_t value = 1;
    memcpy(key + sizeof key - bytes, address, bytes);
    return bpf_map_update_elem(map, key, &value, BPF_ANY);
}
