using Holdfast.Accounts.Pricing;
using Holdfast.Configuration.Kinds;
using Holdfast.Configuration.Sources;
using Holdfast.Upstreams;

namespace Holdfast.Configuration;

/// <summary>Rules that need two settings at once, or what they point at.</summary>
internal static class ConfigurationRules
{
    public static void Check(HoldfastOptions options, SettingsReading reading)
    {
        CheckListeners(options, reading);
        if (options.Tls is { } tls && tls.Certificate.Length > 0 && tls.Key.Length > 0
            && CertificateFiles.PairProblem(tls.Certificate, tls.Key) is { } problem)
        {
            reading.RejectRule("tls.certificate", tls.Certificate, problem);
        }

        foreach (var (name, upstream) in options.Upstreams)
        {
            CheckUpstream(name, upstream, reading);
        }

        new RouteRules(options, reading).Check();
        CheckFailoverRules(options, reading);
        CheckPrices(options, reading);
    }

    private static void CheckListeners(HoldfastOptions options, SettingsReading reading)
    {
        foreach (var listener in options.Listen)
        {
            if (options.Access == "loopback" && !reading.IsWrong("access") && !AddressRules.IsLoopback(listener))
            {
                reading.RejectRule("listen", listener, "can be reached from other machines, and nothing asks callers "
                    + "for a key: listen on 127.0.0.1, or write \"access\": \"open\" if everyone may call.");
            }

            if (AddressRules.IsHttps(listener) && options.Tls is null && !reading.IsWrong("tls"))
            {
                reading.RejectRule("listen", listener, "needs a certificate: "
                    + "add \"tls\": { \"certificate\": \"…\", \"key\": \"…\" }, or write http://.");
            }
        }
    }

    private static void CheckUpstream(string name, UpstreamOptions upstream, SettingsReading reading)
    {
        var path = $"upstreams.{name}";
        var protocol = NameOfProtocol(upstream, path, reading);
        var hasCredential = upstream.Credential is not null || upstream.Credentials.Count > 0
            || reading.IsWrong($"{path}.credentials");
        if (!hasCredential && protocol is not null && !reading.IsWrong(path)
            && !name.Equals(protocol, StringComparison.OrdinalIgnoreCase))
        {
            // A key of one company must never reach another.
            reading.RejectRule(path, null, $"has no credential, and the client's own goes to \"{protocol}\" only: "
                + $"add \"credential\": {{ \"env\": \"{VariableFor(name)}\" }}.");
        }

        CheckCredentials(upstream, path, reading);
        if (upstream.CaFile is { } roots && CertificateFiles.RootsProblem(roots) is { } rootsProblem)
        {
            reading.RejectRule($"{path}.caFile", roots, rootsProblem);
        }

        if (upstream.ClientCertificate is { } certificate)
        {
            if (CertificateFiles.PairProblem(certificate, upstream.ClientKey ?? certificate) is { } pairProblem)
            {
                reading.RejectRule($"{path}.clientCertificate", certificate, pairProblem);
            }
        }
        else if (upstream.ClientKey is { } key && !reading.IsGiven($"{path}.clientCertificate"))
        {
            reading.RejectRule($"{path}.clientKey", key, "has no certificate: name it in clientCertificate.");
        }
    }

    private static void CheckCredentials(UpstreamOptions upstream, string path, SettingsReading reading)
    {
        if (upstream.Credential is not null && upstream.Credentials.Count > 0)
        {
            reading.RejectRule($"{path}.credentials", null, "is given beside credential: put all of them into one list.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < upstream.Credentials.Count; index++)
        {
            var variable = upstream.Credentials[index].Env;
            if (variable.Length > 0 && !seen.Add(variable))
            {
                reading.RejectRule($"{path}.credentials[{index}].env", variable, "is given twice: keep one of them.");
            }
        }
    }

    private static void CheckFailoverRules(HoldfastOptions options, SettingsReading reading)
    {
        string[] conditions = ["match", "status", "code", "provider"];
        for (var index = 0; index < options.Failover.Rules.Count; index++)
        {
            var path = $"failover.rules[{index}]";
            if (!reading.IsWrong(path) && !conditions.Any(condition => reading.IsGiven($"{path}.{condition}")))
            {
                reading.RejectRule(path, null, "would match every error: add \"match\", \"status\", \"code\" or \"provider\".");
            }
        }
    }

    private static void CheckPrices(HoldfastOptions options, SettingsReading reading)
    {
        var seen = new HashSet<(string Model, DateOnly? From)>();
        for (var index = 0; index < options.Prices.Count; index++)
        {
            var price = options.Prices[index];
            var path = $"prices[{index}].model";
            var model = PricedName.Normalise(price.Model);
            if (model.Length == 0)
            {
                if (price.Model.Length > 0)
                {
                    reading.RejectRule(path, price.Model, $"is too long: a model's name has at most {PricedName.Longest} letters.");
                }
            }
            else if (!reading.IsWrong($"prices[{index}].from") && !seen.Add((model, price.From)))
            {
                reading.RejectRule(path, price.Model, price.From is null
                    ? "is given twice: keep one of them, or add \"from\" to the later one."
                    : "is given twice from the same day: keep one of them.");
            }
        }
    }

    // Null where the protocol is missing or wrong, which is an error already.
    private static string? NameOfProtocol(UpstreamOptions upstream, string path, SettingsReading reading) =>
        reading.IsWrong($"{path}.protocol") ? null : SettingsTable.Protocols.WordOf(upstream.Protocol);

    private static string VariableFor(string name) =>
        $"{name.Replace('-', '_').Replace('.', '_').ToUpperInvariant()}_API_KEY";
}
