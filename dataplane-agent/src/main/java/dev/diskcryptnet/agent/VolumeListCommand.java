package dev.diskcryptnet.agent;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.StoredObject;
import dev.diskcryptnet.volume.Volume;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code dcn-agent volume ls}. */
@Command(
        name = "ls",
        description = "Lists the objects of the volume: size in bytes, time of modification, media type, path.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dcn-agent volume ls --disk demo.img /films/",
            "  dcn-agent volume ls --disk demo.img -o json | jq '.objects[].path'"
        })
public final class VolumeListCommand extends VolumeAction {
    private static final int PAGE = 1000;

    /** What is done with one object of the listing. */
    @FunctionalInterface
    private interface Row {
        void write(StoredObject object) throws IOException;
    }

    @Mixin
    OutputOption output;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "PREFIX",
            defaultValue = "/",
            description = "Only objects whose path begins so; all when not given.")
    String prefix;

    @Override
    public Integer call() throws IOException {
        try (var opened = new ReleaseStack()) {
            Volume volume = open(OpenMode.READ_ONLY, opened);
            long objects = output.json() ? listJson(volume) : list(volume, this::writeText);
            if (objects == 0 && !prefix.equals("/")) {
                throw new CommandException(ExitCode.NOT_FOUND, "prefix=" + prefix + " begins no object's path");
            }
            return ExitCode.OK;
        }
    }

    private long list(Volume volume, Row row) throws IOException {
        long objects = 0;
        String after = null;
        for (List<StoredObject> page = volume.list(prefix, after, PAGE);
                !page.isEmpty();
                page = volume.list(prefix, after, PAGE)) {
            for (StoredObject object : page) {
                row.write(object);
            }
            objects += page.size();
            after = page.getLast().path();
        }
        return objects;
    }

    private void writeText(StoredObject object) {
        out().printf(
                        "%14d  %s  %-28s  %s%n",
                        object.sizeBytes(), modified(object), object.contentType(), object.path());
    }

    /** Written piece by piece: a volume may hold a million objects. */
    private long listJson(Volume volume) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out())) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET).useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeArrayFieldStart("objects");
            long objects = list(volume, object -> writeJson(json, object));
            json.writeEndArray();
            json.writeEndObject();
            json.writeRaw('\n');
            return objects;
        }
    }

    private static void writeJson(JsonGenerator json, StoredObject object) throws IOException {
        json.writeStartObject();
        json.writeStringField("path", object.path());
        json.writeNumberField("sizeBytes", object.sizeBytes());
        json.writeStringField("contentType", object.contentType());
        json.writeStringField("etag", object.etag());
        json.writeStringField("lastModified", modified(object));
        json.writeNumberField("disk", object.disk());
        json.writeEndObject();
    }

    private static String modified(StoredObject object) {
        return Instant.ofEpochMilli(object.lastModifiedMs())
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
    }
}
