package dev.diskcryptnet.e2e.kernel;

/** A real browser plays the clip under TLS 1.3. */
class TlsPlayerE2E extends PlayerE2E {
    @Override
    String page() {
        return "securePageUrl";
    }
}
