/**
 * The rules of the API that a spec breaks or keeps by itself, without a look at devices or other objects: the same as in
 * the schema, for the operator (an API server may have none of them, or those of an older release) and for an agent that
 * is started by hand. Each problem is a sentence that begins with the field's path and ends with what to write.
 */
package dev.diskcryptnet.crds.validation;
