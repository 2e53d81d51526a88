using Holdfast.Configuration;

namespace Holdfast.Hosting;

/// <summary>What <c>serve</c> prints once it listens: where, and a request to try that needs no key.</summary>
internal static class StartupText
{
    public static async Task WriteAsync(TextWriter output, HoldfastOptions options, IReadOnlyList<string> addresses)
    {
        foreach (var address in addresses)
        {
            await output.WriteLineAsync($"Holdfast {ProbeEndpoints.Version} listens on {address}");
        }

        if (options.Access == "open")
        {
            await output.WriteLineAsync(
                "WARNING: access is open: anyone who reaches a listener that is not loopback may use the gateway.");
        }

        if (addresses.Count > 0 && SimulatorUpstream.IsOffered(options))
        {
            await output.WriteLineAsync($$"""

                Try it without any key, in another terminal:

                  curl -N {{addresses[0]}}/v1/messages -H 'content-type: application/json' -H 'anthropic-version: 2023-06-01' \
                    -d '{"model":"sim-n8-i200","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hello"}]}'

                """);
        }
    }
}
