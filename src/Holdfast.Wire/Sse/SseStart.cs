namespace Holdfast.Wire.Sse;

/// <summary>Tells a stream of server-sent events by its first bytes: some upstreams send one under another content
/// type.</summary>
public static class SseStart
{
    private static ReadOnlySpan<byte> Bom => [0xEF, 0xBB, 0xBF];

    /// <summary>Whether an answer that begins with these bytes is a stream; null while they are too few to tell.</summary>
    public static bool? IsIn(ReadOnlySpan<byte> start)
    {
        if (Bom.StartsWith(start))
        {
            return null;
        }

        start = (start.StartsWith(Bom) ? start[Bom.Length..] : start).TrimStart("\r\n"u8);
        return Either(
            Field(start, "data"u8), Field(start, "event"u8), Field(start, "id"u8), Field(start, "retry"u8), Field(start, ""u8));
    }

    private static bool? Field(ReadOnlySpan<byte> start, ReadOnlySpan<byte> name)
    {
        if (start.Length <= name.Length)
        {
            return name.StartsWith(start) ? null : false;
        }

        return start.StartsWith(name) && start[name.Length] == ':';
    }

    private static bool? Either(params ReadOnlySpan<bool?> answers) =>
        answers.Contains(true) ? true : answers.Contains(null) ? null : false;
}
