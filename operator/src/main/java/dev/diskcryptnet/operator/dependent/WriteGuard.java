package dev.diskcryptnet.operator.dependent;

/** Asked before every write: throws when this operator may not write, because another one leads. */
@FunctionalInterface
public interface WriteGuard {
    /** For an operator that runs alone. */
    WriteGuard ALWAYS = () -> {};

    /** Throws {@link IllegalStateException} when another operator may be at work. */
    void check();
}
