using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Holdfast.Configuration.Kinds;

/// <summary>What an address in the configuration must look like. Each check answers what is wrong, or null.</summary>
internal static class AddressRules
{
    public static string? Listener(string text)
    {
        if (!TryHttp(text, out var url))
        {
            return text.Contains("//*", StringComparison.Ordinal) || text.Contains("//+", StringComparison.Ordinal)
                ? "is not an address: write http://0.0.0.0:8484 or http://[::]:8484 to listen on all of them."
                : "is not an address to listen on: write it as http://127.0.0.1:8484.";
        }

        if (!IPAddress.TryParse(url.IdnHost, out _) && url.Host != "localhost")
        {
            return "has a host name: write an IP address of this machine, or localhost.";
        }

        if (url.PathAndQuery != "/" || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            return "has more than a host and a port: write it as http://127.0.0.1:8484.";
        }

        // A default port that is not written out is more often forgotten than meant.
        return text.TrimEnd('/').EndsWith($":{url.Port}", StringComparison.Ordinal)
            ? null
            : $"has no port: write it as {url.Scheme}://{url.Host}:8484.";
    }

    public static bool IsLoopback(string listener)
    {
        var host = new Uri(listener).IdnHost;
        return host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }

    public static bool IsHttps(string listener) => new Uri(listener).Scheme == Uri.UriSchemeHttps;

    public static string? BaseUrl(string text)
    {
        if (!TryHttp(text, out var url))
        {
            var meant = IsPlain(text) && TryHttp($"https://{text}", out _) ? $"https://{text}" : "https://host/v1";
            return $"is not an absolute http or https URL: write it as \"{meant}\".";
        }

        if (url.UserInfo.Length > 0)
        {
            return "holds a name or password: remove it and use credential.env.";
        }

        return url.Query.Length > 0 || url.Fragment.Length > 0
            ? "has a query or a fragment: remove it."
            : null;
    }

    public static string? Proxy(string text) =>
        text == "off" || TryHttp(text, out _) ? null : "is not a proxy: write it as \"http://proxy:3128\", or \"off\".";

    public static string? Host(string text) =>
        Uri.CheckHostName(text.Trim('[', ']')) is UriHostNameType.Unknown
            ? "is not a host name: write it without scheme, port or path, as in \"gateway.example\"."
            : null;

    public static string? Origin(string text) =>
        TryHttp(text, out var url)
        && url.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase)
            ? null
            : "is not an origin: write it as \"https://app.example\", without a path.";

    private static bool TryHttp(string text, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url) && url.Scheme is "http" or "https" && url.Host.Length > 0;

    private static bool IsPlain(string text) =>
        text.Length > 0 && text[0] != '/' && !text.Contains("//", StringComparison.Ordinal)
        && !text.Any(letter => char.IsWhiteSpace(letter) || letter is '@' or '?');
}
