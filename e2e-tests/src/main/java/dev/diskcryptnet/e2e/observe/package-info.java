/** What looks at the whole system from outside, as the people who run it do. */
package dev.diskcryptnet.e2e.observe;
