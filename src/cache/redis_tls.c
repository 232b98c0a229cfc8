/* OpenSSL's way to Redis. It reads and writes through a BIO of ours, which is our socket functions: nothing waits in it,
 * and no write raises a signal. TLS 1.2 at least, no renegotiation; the chain and the host's name are always checked, and
 * a key that asks for a passphrase is refused instead of asking the terminal. */
#include "cache/redis_tls.h"

#include "base/error.h"

#ifdef WEIR_WITH_TLS

#include "base/clock.h"
#include "base/memory.h"
#include "cache/redis_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

struct weir__tls_context {
	SSL_CTX    *ssl;
	BIO_METHOD *method;
	char       *name; /* that the certificate has to have */
};

struct weir__tls {
	SSL        *ssl;
	int         wanted; /* SSL_ERROR_WANT_READ or _WRITE of the last call */
	const char *reason;
};

/* ---- Our socket, as OpenSSL sees it -------------------------------------------------------------------------------------- */

static int socket_of(BIO *bio)
{
	return (int)(intptr_t)BIO_get_data(bio);
}

static bool is_passing(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static int bio_write(BIO *bio, const char *bytes, int length)
{
	ssize_t sent = weir__socket_send(socket_of(bio), bytes, (size_t)length, false);

	BIO_clear_retry_flags(bio);
	if (sent < 0 && is_passing())
		BIO_set_retry_write(bio);
	return (int)sent;
}

static int bio_read(BIO *bio, char *bytes, int size)
{
	ssize_t received = weir__socket_receive(socket_of(bio), bytes, (size_t)size, false);

	BIO_clear_retry_flags(bio);
	if (received < 0 && is_passing())
		BIO_set_retry_read(bio);
	return (int)received;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *create_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir socket");

	if (!method)
		return NULL;
	BIO_meth_set_create(method, bio_create);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_ctrl(method, bio_control);
	return method;
}

/* ---- Contexts -------------------------------------------------------------------------------------------------------------- */

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is pem_password_cb */
static int no_passphrase(char *bytes, int size, int writing, void *context)
{
	(void)bytes;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

static int unusable(weir_error *err, const char *what)
{
	ERR_clear_error();
	return weir__error_set(err, WEIR_ERR_USAGE, "redis: %s cannot be used", what);
}

static int load(SSL_CTX *ssl, const weir__redis_url *url, weir_error *err)
{
	const char *key = url->key ? url->key : url->cert;

	if (url->ca ? !SSL_CTX_load_verify_locations(ssl, url->ca, NULL) : !SSL_CTX_set_default_verify_paths(ssl))
		return unusable(err, url->ca ? "the file of ?ca=" : "the system's certificates");
	if (url->cert && SSL_CTX_use_certificate_chain_file(ssl, url->cert) != 1)
		return unusable(err, "the certificate of ?cert=");
	if (key && SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1)
		return unusable(err, "the key of ?key=");
	return WEIR_OK;
}

static bool set_up(weir__tls_context *context, const weir__redis_url *url)
{
	context->name = weir__strdup(url->name ? url->name : url->host);
	context->method = create_method();
	context->ssl = SSL_CTX_new(TLS_client_method());
	if (!context->name || !context->method || !context->ssl)
		return false;
	SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
	SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(context->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_default_passwd_cb(context->ssl, no_passphrase);
	return true;
}

int weir__tls_context_create(const weir__redis_url *url, weir__tls_context **context, weir_error *err)
{
	weir__tls_context *made = weir__calloc(1, sizeof *made);
	int                rc;

	if (!made)
		return weir__error_no_memory(err);
	rc = set_up(made, url) ? load(made->ssl, url, err) : weir__error_no_memory(err);
	if (rc < 0) {
		weir__tls_context_free(made);
		return rc;
	}
	*context = made;
	return WEIR_OK;
}

void weir__tls_context_free(weir__tls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->ssl);
	BIO_meth_free(context->method);
	weir__free(context->name);
	weir__free(context);
}

/* ---- Connections ----------------------------------------------------------------------------------------------------------- */

static bool is_address(const char *name)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/* Whose certificate is expected; a name is also told to the server. */
static bool expect_name(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static weir__tls *create(const weir__tls_context *context, int fd)
{
	weir__tls *made = weir__calloc(1, sizeof *made);
	BIO       *bio = made ? BIO_new(context->method) : NULL;

	if (!bio) {
		weir__free(made);
		return NULL;
	}
	BIO_set_data(bio, (void *)(intptr_t)fd);
	made->reason = "";
	made->ssl = SSL_new(context->ssl);
	if (!made->ssl) {
		BIO_free(bio);
		weir__free(made);
		return NULL;
	}
	SSL_set_bio(made->ssl, bio, bio);
	if (expect_name(made->ssl, context->name))
		return made;
	weir__tls_free(made);
	return NULL;
}

/* What a call that did not succeed means: true if it only would have blocked. */
static bool would_block(weir__tls *tls, int result)
{
	const char *reason;

	tls->wanted = SSL_get_error(tls->ssl, result);
	if (tls->wanted == SSL_ERROR_WANT_READ || tls->wanted == SSL_ERROR_WANT_WRITE)
		return true;
	reason = ERR_reason_error_string(ERR_peek_error());
	if (reason)
		tls->reason = reason;
	ERR_clear_error();
	return false;
}

static weir__tls_answer failed(weir__tls *tls)
{
	long verified = SSL_get_verify_result(tls->ssl);

	if (verified == X509_V_OK)
		return WEIR__TLS_LOST;
	tls->reason = X509_verify_cert_error_string(verified);
	return WEIR__TLS_UNTRUSTED;
}

weir__tls_answer weir__tls_open(weir__tls_context *context, int fd, int64_t deadline_us, weir__tls **tls)
{
	weir__tls *made = create(context, fd);

	*tls = made;
	ERR_clear_error();
	while (made) {
		int result = SSL_connect(made->ssl);

		if (result == 1)
			return WEIR__TLS_FINE;
		if (!would_block(made, result))
			return failed(made);
		if (!weir__socket_wait(fd, made->wanted == SSL_ERROR_WANT_WRITE, deadline_us))
			return WEIR__TLS_TIMEOUT;
	}
	return WEIR__TLS_LOST;
}

void weir__tls_free(weir__tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	weir__free(tls);
}

static ssize_t settle(weir__tls *tls, int result)
{
	if (result > 0)
		return result;
	if (would_block(tls, result)) {
		errno = EAGAIN;
		return -1;
	}
	errno = ECONNRESET;
	return tls->wanted == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

static int clipped(size_t length)
{
	return length < (1u << 30) ? (int)length : 1 << 30;
}

ssize_t weir__tls_send(weir__tls *tls, const void *bytes, size_t length)
{
	ERR_clear_error();
	return settle(tls, SSL_write(tls->ssl, bytes, clipped(length)));
}

ssize_t weir__tls_receive(weir__tls *tls, void *bytes, size_t size)
{
	ERR_clear_error();
	return settle(tls, SSL_read(tls->ssl, bytes, clipped(size)));
}

bool weir__tls_wants_to_write(const weir__tls *tls)
{
	return tls->wanted == SSL_ERROR_WANT_WRITE;
}

bool weir__tls_is_quiet(const weir__tls *tls)
{
	return !SSL_has_pending(tls->ssl);
}

const char *weir__tls_reason(const weir__tls *tls)
{
	return tls->reason;
}

#else

int weir__tls_context_create(const weir__redis_url *url, weir__tls_context **context, weir_error *err)
{
	(void)url;
	(void)context;
	return weir__error_set(err, WEIR_ERR_USAGE, "redis: this build of weir has no TLS (rediss://): it lacks OpenSSL");
}

void weir__tls_context_free(weir__tls_context *context)
{
	(void)context;
}

weir__tls_answer weir__tls_open(weir__tls_context *context, int fd, int64_t deadline_us, weir__tls **tls)
{
	(void)context;
	(void)fd;
	(void)deadline_us;
	*tls = NULL;
	return WEIR__TLS_LOST;
}

void weir__tls_free(weir__tls *tls)
{
	(void)tls;
}

ssize_t weir__tls_send(weir__tls *tls, const void *bytes, size_t length)
{
	(void)tls;
	(void)bytes;
	(void)length;
	return -1;
}

ssize_t weir__tls_receive(weir__tls *tls, void *bytes, size_t size)
{
	(void)tls;
	(void)bytes;
	(void)size;
	return -1;
}

bool weir__tls_wants_to_write(const weir__tls *tls)
{
	(void)tls;
	return false;
}

bool weir__tls_is_quiet(const weir__tls *tls)
{
	(void)tls;
	return true;
}

const char *weir__tls_reason(const weir__tls *tls)
{
	(void)tls;
	return "";
}

#endif
