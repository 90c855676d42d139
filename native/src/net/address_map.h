// The addresses that a port serves, for its programs in the kernel: a map from 16 bytes, IPv4 as IPv4-mapped IPv6.
#ifndef DCN_SRC_NET_ADDRESS_MAP_H
#define DCN_SRC_NET_ADDRESS_MAP_H

#include <stdint.h>

// Returns a descriptor or -errno.
int address_map_open(void);

// Adds an address of 4 or 16 bytes in network order. Returns 0 or -errno, -E2BIG when there is no room.
int address_map_add(int map, const uint8_t *address, uint32_t bytes);

// What stands in front of an IPv4 address, as a program stores it.
#define ADDRESS_MAP_MAPPED_AT 8
uint32_t address_map_mapped(void);

#endif
