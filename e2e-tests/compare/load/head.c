#include "head.h"

#include <stdlib.h>
#include <string.h>

size_t head_length(const char *bytes, size_t length_bytes)
{
    const char *end = memmem(bytes, length_bytes, "\r\n\r\n", 4);
    return end == NULL ? 0 : (size_t)(end - bytes) + 4;
}

/* The value of a header in a head that ends in a NUL, or NULL. Names are compared without case (RFC 9110 5.1). */
static const char *header(const char *head, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " \t");
    }
    return NULL;
}

enum head_verdict head_check(char *head, size_t head_bytes, uint64_t object_bytes, bool *closes)
{
    head[head_bytes - 2] = '\0';
    if (strncmp(head, "HTTP/1.1 ", 9) != 0)
        return HEAD_MALFORMED;
    if (strncmp(head + 9, "200", 3) != 0)
        return HEAD_OTHER_STATUS;
    const char *length = header(head, "content-length");
    if (length == NULL || strtoull(length, NULL, 10) != object_bytes)
        return HEAD_MALFORMED;
    const char *persistence = header(head, "connection");
    *closes = persistence != NULL && strncasecmp(persistence, "close", 5) == 0;
    return HEAD_RIGHT;
}
