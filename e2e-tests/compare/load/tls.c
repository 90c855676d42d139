#include "tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "record.h"

struct tls_client {
    SSL_CTX *context;
    EVP_KDF *tls13_kdf;
    SSL_SESSION *session; /* to be resumed; NULL: every handshake is a full one */
};

struct tls_connection {
    struct tls_client *client;
    SSL *ssl;
    bool established;
    bool secret_known;
    uint8_t secret[EVP_MAX_MD_SIZE]; /* SERVER_TRAFFIC_SECRET_0 */
    struct record_reader reader;
};

static const char HOST[] = "bench";

/* A line of the key log: label, client random and secret, in hexadecimal and with a space between. */
static void keep_secret(const SSL *ssl, const char *line)
{
    static const char label[] = "SERVER_TRAFFIC_SECRET_0 ";
    struct tls_connection *connection = SSL_get_app_data(ssl);
    if (connection == NULL || strncmp(line, label, strlen(label)) != 0)
        return;
    const char *secret = strrchr(line, ' ') + 1;
    size_t length;
    connection->secret_known = OPENSSL_hexstr2buf_ex(connection->secret, sizeof connection->secret, &length, secret,
                                                     '\0') > 0;
}

/* That the server has the certificate's key is checked, whose certificate it is, is not: it saves a signature. */
static int accept_certificate(X509_STORE_CTX *certificate, void *client)
{
    (void)client;
    X509_STORE_CTX_set_error(certificate, X509_V_OK);
    return 1;
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_client *client = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    SSL_SESSION_free(client->session);
    client->session = session;
    return 1; /* it is ours now */
}

static SSL *new_ssl(struct tls_client *client, int fd)
{
    SSL *ssl = SSL_new(client->context);
    if (ssl == NULL || SSL_set_fd(ssl, fd) <= 0 || SSL_set_tlsext_host_name(ssl, HOST) <= 0) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_connect_state(ssl);
    if (client->session != NULL)
        SSL_set_session(ssl, client->session);
    return ssl;
}

/* One connection, OpenSSL's alone: only it can make a session of a ticket, and does when it is made to read. */
static bool take_ticket(struct tls_client *client, const struct sockaddr_in *server)
{
    SSL_CTX_set_session_cache_mode(client->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client->context, keep_session);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    SSL *ssl = NULL;
    if (fd >= 0 && connect(fd, (const struct sockaddr *)server, sizeof *server) == 0)
        ssl = new_ssl(client, fd);
    static const char request[] = "GET /0 HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
    char answer[1024];
    if (ssl != NULL && SSL_connect(ssl) > 0 && SSL_write(ssl, request, sizeof request - 1) > 0)
        SSL_read(ssl, answer, sizeof answer); /* tickets come before the answer, whatever it is */
    if (ssl != NULL)
        SSL_shutdown(ssl); /* without it OpenSSL takes the session for a broken one */
    ERR_clear_error();
    SSL_free(ssl);
    if (fd >= 0)
        close(fd);
    /* With a cache OpenSSL would take the ticket away when it has been used once. */
    SSL_CTX_set_session_cache_mode(client->context, SSL_SESS_CACHE_OFF);
    return client->session != NULL;
}

struct tls_client *tls_client_open(const char *suite, const struct sockaddr_in *resume)
{
    static const unsigned char protocols[] = "\x08http/1.1";
    struct tls_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to a socket as to a pipe */
    client->tls13_kdf = EVP_KDF_fetch(NULL, "TLS13-KDF", NULL);
    client->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX *context = client->context;
    if (client->tls13_kdf == NULL || context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) <= 0 ||
        SSL_CTX_set_ciphersuites(context, suite) <= 0 ||
        SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1) != 0) {
        fprintf(stderr, "load: OpenSSL knows no suite=%s of TLS 1.3\n", suite);
        tls_client_close(client);
        return NULL;
    }
    SSL_CTX_set_app_data(context, client);
    SSL_CTX_set_keylog_callback(context, keep_secret);
    SSL_CTX_set_cert_verify_callback(context, accept_certificate, NULL);
    if (resume != NULL && !take_ticket(client, resume)) {
        fprintf(stderr, "load: the server gave no session ticket of TLS 1.3, so there is nothing to resume\n");
        tls_client_close(client);
        return NULL;
    }
    return client;
}

void tls_client_close(struct tls_client *client)
{
    if (client == NULL)
        return;
    SSL_SESSION_free(client->session);
    SSL_CTX_free(client->context);
    EVP_KDF_free(client->tls13_kdf);
    free(client);
}

struct tls_connection *tls_open(struct tls_client *client, int fd)
{
    struct tls_connection *connection = malloc(sizeof *connection); /* most of it is a buffer that needs no zeros */
    if (connection == NULL)
        return NULL;
    connection->client = client;
    connection->established = connection->secret_known = false;
    connection->reader.cipher = NULL;
    connection->ssl = new_ssl(client, fd);
    if (connection->ssl == NULL) {
        free(connection);
        return NULL;
    }
    SSL_set_app_data(connection->ssl, connection);
    return connection;
}

enum tls_step tls_handshake(struct tls_connection *connection)
{
    SSL *ssl = connection->ssl;
    ERR_clear_error();
    int result = SSL_do_handshake(ssl);
    if (result <= 0)
        return SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ ? TLS_LATER : TLS_FAILED;
    /* OpenSSL reads no further than to the end of the server's last handshake record (SSL_set_read_ahead is off), so
     * the socket's next byte is the first under the traffic key. */
    const SSL_CIPHER *suite = SSL_get_current_cipher(ssl);
    const EVP_CIPHER *cipher = EVP_get_cipherbynid(SSL_CIPHER_get_cipher_nid(suite));
    const EVP_MD *digest = SSL_CIPHER_get_handshake_digest(suite);
    connection->established =
        connection->secret_known && cipher != NULL &&
        record_reader_open(&connection->reader, connection->client->tls13_kdf, cipher, digest, connection->secret);
    return connection->established ? TLS_DONE : TLS_FAILED;
}

bool tls_resumed(const struct tls_connection *connection)
{
    return SSL_session_reused(connection->ssl);
}

static enum stream_result stream_result(enum record_result result)
{
    switch (result) {
    case RECORD_TAKEN:
        return STREAM_PIECE;
    case RECORD_LATER:
        return STREAM_LATER;
    case RECORD_END:
        return STREAM_END;
    case RECORD_RESET:
        return STREAM_RESET;
    case RECORD_BAD:
        break;
    }
    return STREAM_BAD_RECORD;
}

enum stream_result tls_receive(struct tls_connection *connection, size_t limit, bool look, struct piece *piece)
{
    static const uint8_t new_session_ticket = 4; /* RFC 8446 4 */
    *piece = (struct piece){NULL, 0};
    while (piece->length_bytes < limit) {
        struct record record;
        enum record_result result = record_take(&connection->reader, SSL_get_fd(connection->ssl), look, &record);
        if (result == RECORD_LATER && piece->length_bytes > 0)
            break;
        if (result != RECORD_TAKEN)
            return stream_result(result);
        if (record.type == RECORD_ALERT)
            return STREAM_END;
        if (record.type == RECORD_HANDSHAKE && record.length_bytes > 0 && record.bytes[0] == new_session_ticket)
            continue;
        if (record.type != RECORD_DATA)
            return STREAM_BAD_RECORD; /* a KeyUpdate as well: no server needs one so soon */
        piece->length_bytes += record.length_bytes;
        if (look && record.length_bytes > 0) {
            piece->bytes = record.bytes;
            break;
        }
    }
    return STREAM_PIECE;
}

bool tls_send(struct tls_connection *connection, const void *bytes, size_t length_bytes)
{
    ERR_clear_error();
    return SSL_write(connection->ssl, bytes, (int)length_bytes) == (int)length_bytes;
}

void tls_close(struct tls_connection *connection)
{
    if (connection->established)
        SSL_shutdown(connection->ssl);
    ERR_clear_error();
    record_reader_close(&connection->reader);
    SSL_free(connection->ssl);
    free(connection);
}
