package dev.diskcryptnet.volume;

/** Receives the records of a catalogue in the order in which they were published. */
@FunctionalInterface
interface RecordSink {
    /** @param record valid during the call only */
    void onRecord(CatalogueRecord record);
}
