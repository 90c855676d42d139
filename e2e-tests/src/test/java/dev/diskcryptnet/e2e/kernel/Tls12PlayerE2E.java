package dev.diskcryptnet.e2e.kernel;

/** A real browser plays the clip under TLS 1.2. */
class Tls12PlayerE2E extends PlayerE2E {
    @Override
    String page() {
        return "securePageUrl";
    }

    @Override
    String version() {
        return "tls1.2";
    }
}
