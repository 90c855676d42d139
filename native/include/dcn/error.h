// What every function of libdcn returns, and how a symbol is exported.
//
// A function returns >= 0 on success (often a count) and -errno on failure; errno itself is left alone and never part
// of the contract. "Full" is a count that is lower than asked for, not an error.
#ifndef DCN_ERROR_H
#define DCN_ERROR_H

#define DCN_API __attribute__((visibility("default")))

// The library's ABI. Java refuses a library whose number is not the one that it was written against.
#define DCN_ABI_VERSION 1

DCN_API int dcn_abi_version(void);

#endif
