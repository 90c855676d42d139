/** Reconciliation of StreamingNodes: read, desired, apply, status. */
package dev.diskcryptnet.operator.controller;
