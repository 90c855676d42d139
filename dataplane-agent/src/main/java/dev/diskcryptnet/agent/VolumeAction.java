package dev.diskcryptnet.agent;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.Volume;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What all volume commands share: the disks, opening them, and where results go. */
abstract class VolumeAction implements Callable<Integer> {
    /** How results are written. */
    enum Output {
        TEXT,
        JSON
    }

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    @Mixin
    DiskOptions disks;

    @Spec
    CommandSpec spec;

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    PrintWriter err() {
        return spec.commandLine().getErr();
    }

    void printJson(Object value) throws IOException {
        out().println(JSON.writeValueAsString(value));
    }

    /** Opens the volume; it and its disks are closed with {@code opened}. */
    Volume open(OpenMode mode, ReleaseStack opened) {
        var held = disks.open(mode, opened);
        return opened.add("volume", Volume.open(held, mode == OpenMode.READ_ONLY));
    }

    static CommandException notFound(String path) {
        return new CommandException(
                ExitCode.NOT_FOUND, "path=" + path + " is not on the volume; volume ls shows what is");
    }
}
