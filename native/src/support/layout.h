// Prints where the C compiler put the fields that Java reads by number, as `struct.field=offset` and
// `struct.size=bytes`. Each side of the library has one *_layout.c, linked into the program dcn_layout; a test of the
// agent holds its own constants against what that prints.
#ifndef DCN_SUPPORT_LAYOUT_H
#define DCN_SUPPORT_LAYOUT_H

#include <stddef.h>
#include <stdio.h>

// DCN_LAYOUT(disk) { DCN_LAYOUT_SIZE(...); DCN_LAYOUT_OFFSET(...); } in a *_layout.c is all that is needed.
#define DCN_LAYOUT(side) __attribute__((constructor)) static void dcn_layout_of_##side(void)
#define DCN_LAYOUT_SIZE(type) printf(#type ".size=%zu\n", sizeof(struct type))
#define DCN_LAYOUT_OFFSET(type, field) printf(#type "." #field "=%zu\n", offsetof(struct type, field))

#endif
