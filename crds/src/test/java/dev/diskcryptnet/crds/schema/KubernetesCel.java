package dev.diskcryptnet.crds.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOptions;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Evaluates rules as an API server does: the CEL library itself, and those of Kubernetes' own functions that our rules
 * use (IP addresses since Kubernetes 1.31, quantities since 1.29). What is in here shares no code with the validator that
 * is compared with the rules.
 */
final class KubernetesCel {
    private static final Pattern QUANTITY = Pattern.compile("([0-9.]+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?");

    /** An IP address with a prefix; bits behind the prefix may be set. */
    record Prefix(InetAddress ip, int bits) {
        boolean contains(InetAddress other) {
            int width = ip.getAddress().length * Byte.SIZE;
            return other.getClass() == ip.getClass()
                    && number(ip).xor(number(other)).shiftRight(width - bits).signum() == 0;
        }
    }

    private final List<CelFunctionDecl> declarations = new ArrayList<>();
    private final List<CelFunctionBinding> bindings = new ArrayList<>();
    private final Map<String, CelRuntime.Program> programs = new HashMap<>();
    private final CelRuntime runtime;

    KubernetesCel() {
        addIpFunctions();
        addQuantityFunctions();
        runtime = CelRuntimeFactory.standardCelRuntimeBuilder()
                .setOptions(CelOptions.current().build())
                .addLibraries(CelExtensions.strings())
                .addFunctionBindings(bindings)
                .build();
    }

    /**
     * Whether a rule holds. One that cannot be evaluated is a mistake: its message would not be shown.
     *
     * @param path where in the schema the rule stands
     */
    boolean holds(String path, JsonNode schema, String rule, Map<String, Object> variables) {
        try {
            return Boolean.TRUE.equals(programs.computeIfAbsent(path + " " + rule, key -> compile(path, schema, rule))
                    .eval(variables));
        } catch (CelEvaluationException e) {
            throw new AssertionError("rule '" + rule + "' fails on " + variables + " instead of being false", e);
        }
    }

    private CelRuntime.Program compile(String path, JsonNode schema, String rule) {
        SchemaTypes types = new SchemaTypes();
        CelType self = types.of(path, schema);
        CelCompiler compiler = CelCompilerFactory.standardCelCompilerBuilder()
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .addLibraries(CelExtensions.strings())
                .setTypeProvider(types.provider())
                .addVar("self", self)
                .addVar("oldSelf", self)
                .addFunctionDeclarations(declarations)
                .build();
        try {
            return runtime.createProgram(compiler.compile(rule).getAst());
        } catch (CelValidationException | CelEvaluationException e) {
            throw new AssertionError("rule '" + rule + "' is not CEL", e);
        }
    }

    private void addIpFunctions() {
        declare("isIP", overload("is_ip", false, SimpleType.BOOL, String.class, text -> ip(text) != null));
        declare(
                "ip",
                overload("string_to_ip", false, SimpleType.DYN, String.class, KubernetesCel::requireIp),
                overload("cidr_ip", true, SimpleType.DYN, Prefix.class, Prefix::ip));
        declare("isCIDR", overload("is_cidr", false, SimpleType.BOOL, String.class, text -> cidr(text) != null));
        declare("cidr", overload("string_to_cidr", false, SimpleType.DYN, String.class, KubernetesCel::requireCidr));
        declare("prefixLength", overload("cidr_bits", true, SimpleType.INT, Prefix.class, p -> (long) p.bits()));
        declare(
                "family",
                overload(
                        "ip_family",
                        true,
                        SimpleType.INT,
                        InetAddress.class,
                        a -> a instanceof Inet4Address ? 4L : 6L));
        declare(
                "isGlobalUnicast",
                overload("ip_global", true, SimpleType.BOOL, InetAddress.class, KubernetesCel::isGlobalUnicast));
        declare(
                "isLinkLocalUnicast",
                overload("ip_link_local", true, SimpleType.BOOL, InetAddress.class, InetAddress::isLinkLocalAddress));
        bindings.add(CelFunctionBinding.from(
                "cidr_contains", Prefix.class, String.class, (prefix, text) -> prefix.contains(requireIp(text))));
        declare(
                "containsIP",
                CelOverloadDecl.newMemberOverload("cidr_contains", SimpleType.BOOL, SimpleType.DYN, SimpleType.STRING));
    }

    private void addQuantityFunctions() {
        declare("isQuantity", overload("is_quantity", false, SimpleType.BOOL, String.class, t -> quantity(t) != null));
        declare(
                "quantity",
                overload("string_to_quantity", false, SimpleType.DYN, String.class, KubernetesCel::quantity));
        declare(
                "isInteger",
                overload("quantity_is_integer", true, SimpleType.BOOL, BigDecimal.class, KubernetesCel::isLong));
        declare(
                "asInteger",
                overload("quantity_integer", true, SimpleType.INT, BigDecimal.class, BigDecimal::longValueExact));
        bindings.add(CelFunctionBinding.from(
                "quantity_compare", BigDecimal.class, BigDecimal.class, (a, b) -> (long) a.compareTo(b)));
        declare(
                "compareTo",
                CelOverloadDecl.newMemberOverload("quantity_compare", SimpleType.INT, SimpleType.DYN, SimpleType.DYN));
    }

    private <T> CelOverloadDecl overload(
            String id, boolean member, CelType result, Class<T> argument, Function<T, Object> function) {
        bindings.add(CelFunctionBinding.from(id, argument, function::apply));
        CelType type = argument == String.class ? SimpleType.STRING : SimpleType.DYN;
        return member
                ? CelOverloadDecl.newMemberOverload(id, result, type)
                : CelOverloadDecl.newGlobalOverload(id, result, type);
    }

    private void declare(String name, CelOverloadDecl... overloads) {
        declarations.add(CelFunctionDecl.newFunctionDeclaration(name, overloads));
    }

    /** What Go's netip takes, without zones and IPv4-mapped addresses, which Kubernetes refuses. */
    private static InetAddress ip(String text) {
        boolean ipv4 = text.matches("((0|[1-9][0-9]{0,2})[.]){3}(0|[1-9][0-9]{0,2})");
        if (!ipv4 && !text.matches("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
            return null;
        }
        try {
            InetAddress address = InetAddress.ofLiteral(text);
            return address instanceof Inet4Address == ipv4 ? address : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static Prefix cidr(String text) {
        String[] parts = text.split("/", -1);
        InetAddress ip = ip(parts[0]);
        if (parts.length != 2 || ip == null || !parts[1].matches("0|[1-9][0-9]{0,2}")) {
            return null;
        }
        int bits = Integer.parseInt(parts[1]);
        return bits <= ip.getAddress().length * Byte.SIZE ? new Prefix(ip, bits) : null;
    }

    private static InetAddress requireIp(String text) {
        return Objects.requireNonNull(ip(text), text);
    }

    private static Prefix requireCidr(String text) {
        return Objects.requireNonNull(cidr(text), text);
    }

    private static BigInteger number(InetAddress address) {
        return new BigInteger(1, address.getAddress());
    }

    private static boolean isGlobalUnicast(InetAddress address) {
        boolean broadcast = address.getHostAddress().equals("255.255.255.255");
        return !(broadcast
                || address.isAnyLocalAddress()
                || address.isLoopbackAddress()
                || address.isMulticastAddress()
                || address.isLinkLocalAddress());
    }

    private static BigDecimal quantity(String text) {
        Matcher matcher = QUANTITY.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        String unit = matcher.group(2) == null ? "" : matcher.group(2);
        BigDecimal count = new BigDecimal(matcher.group(1));
        if (unit.isEmpty() || unit.equals("m")) {
            return unit.isEmpty() ? count : count.movePointLeft(3);
        }
        int power = "KMGT".indexOf(Character.toUpperCase(unit.charAt(0))) + 1;
        return count.multiply(
                BigDecimal.valueOf(unit.endsWith("i") ? 1024 : 1000).pow(power));
    }

    private static boolean isLong(BigDecimal value) {
        return value.stripTrailingZeros().scale() <= 0 && value.toBigInteger().bitLength() < Long.SIZE;
    }
}
