package dev.diskcryptnet.agent;

import dev.diskcryptnet.agent.config.AgentConfig;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/** {@code dcn-agent serve}: streams the volume's objects until it is told to stop. */
@Command(
        name = "serve",
        description =
                "Serves the objects of a volume over HTTP and HTTPS until SIGTERM or SIGINT, then lets running responses "
                        + "finish for up to drainTimeout. A second signal ends at once.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dcn-agent serve --config node.yaml",
            "  dcn-agent serve --config node.yaml --admin 127.0.0.1:9464 --token-file /run/dcn/token --cpus 2,3"
        })
public final class ServeCommand implements Callable<Integer> {
    @ParentCommand
    Main main;

    @Mixin
    ServeOptions options;

    @Override
    public Integer call() throws Exception {
        AgentConfig config = AgentConfig.load(options.config);
        Logging.configure(main.logLevel, main.logFormat, config.logLevel(), config.logFormat());
        var process = new ServingProcess(Runtime.getRuntime()::halt);
        Signals.passTo(process);
        return process.run(onFailure -> AgentNode.start(config, options, onFailure), config.drainTimeout());
    }
}
