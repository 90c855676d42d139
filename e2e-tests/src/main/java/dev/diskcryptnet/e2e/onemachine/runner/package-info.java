/**
 * The node runner: the controllers that an operator relies on (StatefulSet, Deployment, Job, garbage collection, binding
 * of pods to nodes), and the part of a kubelet that starts pods' commands as processes of this machine.
 */
package dev.diskcryptnet.e2e.onemachine.runner;
