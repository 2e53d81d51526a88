namespace Holdfast.Clients;

/// <summary>The clients of which something is known, as data: <c>known-clients.json</c>, read when the first request comes.
/// Here alone it is decided which client a request is from. Pure.</summary>
internal static class KnownClients
{
    /// <summary>All of them; whoever is none of them is <see cref="KnownClient.Anybody"/>.</summary>
    public static IReadOnlyList<KnownClient> All => Rows;

    private static readonly KnownClient[] Rows = KnownClientFile.Read();

    /// <summary>The client a request is from, as it says itself.</summary>
    /// <param name="agent">Its user agent.</param>
    /// <param name="product">The name of the first product there.</param>
    /// <param name="originator">Its header <c>originator</c>.</param>
    /// <param name="runtime">The runtime it states, by <see cref="OfRuntime"/>.</param>
    public static KnownClient Of(string agent, ReadOnlySpan<char> product, string? originator, KnownClient? runtime)
    {
        foreach (var row in Rows)
        {
            if (row.Begins is { } begin
                && (product.StartsWith(begin, StringComparison.OrdinalIgnoreCase)
                    || originator.AsSpan().StartsWith(begin, StringComparison.OrdinalIgnoreCase)))
            {
                return row;
            }
        }

        foreach (var row in Rows)
        {
            foreach (var name in row.Products)
            {
                if (product.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return row;
                }
            }
        }

        return runtime ?? OfMention(agent);
    }

    /// <summary>The runtime a request states; null where it states none.</summary>
    /// <param name="runtime">Its header <c>x-stainless-runtime</c>.</param>
    public static KnownClient? OfRuntime(string? runtime)
    {
        if (string.IsNullOrEmpty(runtime))
        {
            return null;
        }

        foreach (var row in Rows)
        {
            if (row.Runtimes.Contains(runtime, StringComparer.OrdinalIgnoreCase))
            {
                return row;
            }
        }

        return KnownClient.Anybody;
    }

    private static KnownClient OfMention(string agent)
    {
        foreach (var row in Rows)
        {
            foreach (var mention in row.Mentions)
            {
                if (agent.Contains(mention, StringComparison.Ordinal))
                {
                    return row;
                }
            }
        }

        return KnownClient.Anybody;
    }
}
