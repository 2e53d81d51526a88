using System.Net.Sockets;

namespace Holdfast.Admin;

/// <summary>The file of the admin socket: where it is, and whether somebody listens behind it.</summary>
internal static class AdminSocketFile
{
    private const string FileName = "holdfast.sock";

    /// <summary>What a unix socket's address holds at most, on the smallest of the systems.</summary>
    private const int MostPathBytes = 103;

    public static string PathIn(string home) => Path.Combine(home, FileName);

    public static bool IsTooLong(string path) => System.Text.Encoding.UTF8.GetByteCount(path) > MostPathBytes;

    /// <summary>Whether a process listens there. A file alone says nothing: a killed gateway leaves one.</summary>
    public static bool IsAlive(string path)
    {
        if (!File.Exists(path) || IsTooLong(path))
        {
            return false;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // A connect on a unix socket never waits for the network: it fails at once when nobody listens.
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Why nobody can listen there: a sentence for people; null where somebody may.</summary>
    public static string? WhyNobody(string path) =>
        IsTooLong(path) ? $"the path {path} is too long for a unix socket; choose a shorter HOLDFAST_HOME."
        : !File.Exists(path) ? $"there is no {path}."
        : null;

    /// <summary>Why asking whoever listens there failed: a sentence for people.</summary>
    public static string WhyFailed(string path, Exception failed) => failed.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.AccessDenied } => $"{path} belongs to another user.",
        SocketException => $"{path} is left over from a gateway that was killed.",
        _ => $"the gateway behind {path} does not answer.",
    };

    /// <summary>Speaks HTTP with whoever listens there.</summary>
    public static HttpClient ClientOf(string path, TimeSpan timeout) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, token) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        Timeout = timeout,
    };
}
