using System.Text;

namespace Holdfast.Simulator.Requests;

/// <summary>The request a connection is busy with. Reused; its memory is valid until the reader moves on.</summary>
internal sealed class IncomingRequest(Task<ClientEnd> clientGone)
{
    private BodyPeek? _peek;

    public string Method { get; private set; } = "";

    public string Target { get; private set; } = "";

    public ProviderRoute Route { get; private set; }

    public ReadOnlyMemory<byte> Head { get; private set; }

    public ReadOnlyMemory<byte> Body { get; private set; }

    public long? ContentLength { get; private set; }

    public bool IsChunked { get; private set; }

    public bool ExpectsContinue { get; private set; }

    public bool KeepsAlive { get; private set; }

    public Task<ClientEnd> ClientGone { get; } = clientGone;

    public BodyPeek Peek => _peek ??= BodyPeek.At(Body.Span);

    /// <summary>Takes a head apart; false when it is not HTTP/1.</summary>
    public bool TryParse(ReadOnlyMemory<byte> head)
    {
        (_peek, Head, Body) = (null, head, default);
        (ContentLength, IsChunked, ExpectsContinue) = (null, false, false);
        var rest = head.Span;
        var line = NextLine(ref rest);
        var first = line.IndexOf((byte)' ');
        var last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last <= first + 1 || !line[(last + 1)..].StartsWith("HTTP/1."u8))
        {
            return false;
        }

        Method = MethodOf(line[..first]);
        Target = Encoding.Latin1.GetString(line[(first + 1)..last]);
        KeepsAlive = line[^1] != (byte)'0';
        return TryParseHeaders(rest);
    }

    /// <summary>Says where head and body stand once the body is read.</summary>
    public void SetMemory(byte[] buffer, int bodyStart, int bodyEnd) =>
        (Head, Body) = (buffer.AsMemory(0, bodyStart), buffer.AsMemory(bodyStart, bodyEnd - bodyStart));

    /// <summary>The headers in order, as written.</summary>
    public List<KeyValuePair<string, string>> ReadHeaders()
    {
        var headers = new List<KeyValuePair<string, string>>();
        var rest = Head.Span;
        NextLine(ref rest);
        while (NextLine(ref rest) is { IsEmpty: false } line)
        {
            var colon = line.IndexOf((byte)':');
            headers.Add(new(Encoding.Latin1.GetString(line[..colon]), Encoding.Latin1.GetString(Value(line, colon))));
        }

        return headers;
    }

    private bool TryParseHeaders(ReadOnlySpan<byte> rest)
    {
        var hasAnthropicVersion = false;
        var hasGoogleKey = false;
        while (NextLine(ref rest) is { IsEmpty: false } line)
        {
            var colon = line.IndexOf((byte)':');
            if (colon <= 0)
            {
                return false;
            }

            var name = line[..colon];
            var value = Value(line, colon);
            switch (colon)
            {
                case 14 when Is(name, "content-length"u8):
                    if (!TryParseLength(value))
                    {
                        return false;
                    }

                    break;
                case 17 when Is(name, "transfer-encoding"u8):
                    IsChunked = Is(value, "chunked"u8);
                    break;
                case 6 when Is(name, "expect"u8):
                    ExpectsContinue = Is(value, "100-continue"u8);
                    break;
                case 10 when Is(name, "connection"u8):
                    KeepsAlive = Is(value, "keep-alive"u8) || (KeepsAlive && !Is(value, "close"u8));
                    break;
                case 17 when Is(name, "anthropic-version"u8):
                    hasAnthropicVersion = true;
                    break;
                case 14 when Is(name, "x-goog-api-key"u8):
                    hasGoogleKey = true;
                    break;
            }
        }

        Route = ProviderRoute.Of(Target, hasAnthropicVersion, hasGoogleKey);
        return true;
    }

    private bool TryParseLength(ReadOnlySpan<byte> value)
    {
        var ok = System.Buffers.Text.Utf8Parser.TryParse(value, out long length, out var used)
            && used == value.Length && length >= 0;
        ContentLength = ok ? length : null;
        return ok;
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf("\r\n"u8);
        var line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 2)..];
        return line;
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, int colon) => line[(colon + 1)..].Trim(" \t"u8);

    private static bool Is(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => Ascii.EqualsIgnoreCase(a, b);

    private static string MethodOf(ReadOnlySpan<byte> method) =>
        method.SequenceEqual("POST"u8) ? "POST"
        : method.SequenceEqual("GET"u8) ? "GET"
        : Encoding.Latin1.GetString(method);
}
