/** {@code dcn get|describe|apply|scale|delete}: what kubectl does, for either API server. */
package dev.diskcryptnet.e2e.onemachine.client;
