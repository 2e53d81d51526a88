using System.Buffers;
using System.Text;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Protocols;

namespace Holdfast.Tests.Wire.Streams;

/// <summary>A follower with the words tests use for it.</summary>
internal sealed class Followed(string protocol, StreamContext? context = null)
{
    private readonly StreamFollower _follower = WireProtocols.All.Single(p => p.Name == protocol)
        .Follow(context ?? new StreamContext("asked", 1795132800, "x1"));

    public StreamFollower Follower => _follower;

    /// <summary>What is known, one letter each: begun, output, terminal, failed, lacks only closing, whole.</summary>
    public string State =>
        $"{(_follower.HasBegun ? 'b' : '-')}{(_follower.HasOutput ? 'o' : '-')}{(_follower.IsTerminal ? 't' : '-')}"
        + $"{(_follower.HasFailed ? 'f' : '-')}{(_follower.LacksOnlyClosing ? 'c' : '-')}{(_follower.IsWhole ? 'w' : '-')}";

    /// <summary>Shows it one frame; returns what the client would get, or null for as it is.</summary>
    public string? See(string frame) => _follower.Observe(Encoding.UTF8.GetBytes(frame)) switch
    {
        FrameAction.Relay => null,
        FrameAction.Drop => "",
        _ => Encoding.UTF8.GetString(_follower.Replacement),
    };

    /// <summary>Shows it the event with this data, named as the protocol names it.</summary>
    public Followed Sees(string name, string data)
    {
        See(name.Length > 0 ? $"event: {name}\ndata: {data}\n\n" : $"data: {data}\n\n");
        return this;
    }

    public string KeepAlive(KeepAliveForm form) => Written(output => _follower.WriteKeepAlive(form, output));

    public string Closing() => Written(_follower.WriteClosing);

    public string Error(GatewayError error) => Written(output => _follower.WriteError(error, output));

    public string UpstreamError(string body, GatewayError error) =>
        Written(output => _follower.WriteUpstreamError(Encoding.UTF8.GetBytes(body), error, output));

    public string? Completion(string partial) =>
        _follower.CompletionOf(Encoding.UTF8.GetBytes(partial)) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static string Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
