package dev.diskcryptnet.e2e.onemachine.runner;

/** Brings one kind of object closer to what its spec says; called again and again, it comes to rest. */
interface Controller {
    /** Takes one step for every object of the kind. Does not block. */
    void reconcile();
}
