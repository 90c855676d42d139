/**
 * The StreamingNode API, version {@code v1alpha1}, as plain types: what a user declares ({@code *Spec}) and what the
 * system has observed ({@code *Status}).
 *
 * <p>Fields are public and boxed, and null means "not given": the CRD generator, the agent's strict YAML reader and the
 * operator all see the same shape. The annotations are the API's documentation and rules; they become the CRD's.
 * {@code JsonProperty.defaultValue} is the CRD's default; a reader of the raw type must still expect null.
 */
package dev.diskcryptnet.crds;
