// dcn-agent of the image: what bin/dcn-agent of the distribution does, without the shell that the image does not have.
//
// It runs $JAVA_HOME/bin/java with the distribution's conf/jvm.options, then with the words of DCN_JAVA_OPTS, and hands
// its own arguments to lib/dcn-agent.jar. The process becomes the JVM: signals and exit status are the agent's.

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_OPTIONS = 64, FIXED_ARGUMENTS = 5 };

static _Noreturn void fail(const char *what, const char *thing, const char *remedy) {
    fprintf(stderr, "dcn-agent: %s%s; %s\n", what, thing, remedy);
    exit(1);
}

// Prints into path[PATH_MAX].
static void join(char *path, const char *prefix, const char *directory, const char *file) {
    int length = snprintf(path, PATH_MAX, "%s%s%s", prefix, directory, file);
    if (length < 0 || length >= PATH_MAX) {
        fail("path too long: ", directory, "install the agent in a shorter one");
    }
}

// The directory above the one that this program lies in, into home[PATH_MAX].
static void find_home(char *home) {
    ssize_t length = readlink("/proc/self/exe", home, PATH_MAX - 1);
    if (length < 0) {
        fail("/proc/self/exe cannot be read: ", strerror(errno), "mount proc at /proc");
    }
    home[length] = '\0';
    for (int level = 0; level < 2; level++) {
        char *slash = strrchr(home, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
    }
}

int main(int count, char **arguments) {
    const char *java_home = getenv("JAVA_HOME");
    if (java_home == NULL || *java_home == '\0') {
        fail("JAVA_HOME is not set", "", "set it to the Java runtime, /opt/java in the image");
    }
    char home[PATH_MAX], java[PATH_MAX], options[PATH_MAX], jar[PATH_MAX];
    find_home(home);
    join(java, "", java_home, "/bin/java");
    join(options, "@", home, "/conf/jvm.options");
    join(jar, "", home, "/lib/dcn-agent.jar");

    char **command = calloc((size_t)count + MAX_OPTIONS + FIXED_ARGUMENTS, sizeof *command);
    if (command == NULL) {
        fail("out of memory", "", "give the container more");
    }
    int words = 0;
    command[words++] = java;
    command[words++] = options;
    char *extra = getenv("DCN_JAVA_OPTS");
    int extra_words = 0;
    for (char *word = extra == NULL ? NULL : strtok(extra, " \t\n"); word != NULL; word = strtok(NULL, " \t\n")) {
        if (extra_words++ == MAX_OPTIONS) {
            fail("DCN_JAVA_OPTS has too many words", "", "give at most 64");
        }
        command[words++] = word;
    }
    command[words++] = "-jar";
    command[words++] = jar;
    for (int i = 1; i < count; i++) {
        command[words++] = arguments[i];
    }
    execv(java, command);
    fail("cannot run ", java, strerror(errno));
}
