/**
 * What the agent changes on the host, and how it is taken back: a journal that is written before each change, and a
 * lock that keeps a second agent away from it.
 *
 * <pre>
 *   StateDirectory/
 *     lock           held as long as an agent, or a release, is at work
 *     devices.json   what was there before, while anything is changed (DeviceJournal)
 *
 *   HostChanges.open       takes the lock; what a dead predecessor left is put back
 *   HostChanges.apply      journal, then host
 *   HostChanges.close      host put back, last change first; journal emptied on the way, then removed; lock let go
 * </pre>
 */
package dev.diskcryptnet.device;
