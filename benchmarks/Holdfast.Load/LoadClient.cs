using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Holdfast.Load;

/// <summary>What a client saw of one answer; the times count from the first byte of the request sent.</summary>
internal readonly record struct Answer(bool IsWhole, int Status, int Events, TimeSpan FirstEvent, TimeSpan End);

/// <summary>
/// One connection that sends prepared request bytes and reads one answer at a time. Owns its socket; reconnects after
/// the other side closed. A cut, a reset and a deadline are answers that are not whole, never exceptions.
/// </summary>
internal sealed class LoadClient(IPEndPoint target) : IDisposable
{
    private readonly byte[] _buffer = new byte[4 * 1024];
    private readonly AnswerReader _reader = new();
    private Socket? _socket;

    public async Task<bool> ConnectAsync(CancellationToken deadline)
    {
        Disconnect();
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, deadline);
            _socket = socket;
            return true;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return false;
        }
    }

    public ValueTask<Answer> AskAsync(ReadOnlyMemory<byte> request, CancellationToken deadline) =>
        AskAsync(request, int.MaxValue, deadline);

    /// <summary>Reads so many events of the answer, then resets the connection.</summary>
    public async ValueTask AskAndResetAsync(ReadOnlyMemory<byte> request, int events, CancellationToken deadline)
    {
        await AskAsync(request, events, deadline);
        _socket?.LingerState = new LingerOption(true, 0);
        Disconnect();
    }

    public void Dispose() => Disconnect();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Answer> AskAsync(ReadOnlyMemory<byte> request, int mostEvents, CancellationToken deadline)
    {
        _reader.Reset();
        if (_socket is null && !await ConnectAsync(deadline))
        {
            return default;
        }

        var started = Stopwatch.GetTimestamp();
        var firstEvent = TimeSpan.Zero;
        try
        {
            while (!request.IsEmpty)
            {
                request = request[await _socket!.SendAsync(request, deadline)..];
            }

            while (!_reader.HasEnded && _reader.Events < mostEvents
                && await _socket!.ReceiveAsync(_buffer, deadline) is > 0 and var count)
            {
                _reader.Read(_buffer.AsSpan(0, count));
                if (firstEvent == TimeSpan.Zero && _reader.Events > 0)
                {
                    firstEvent = Stopwatch.GetElapsedTime(started);
                }
            }
        }
        catch (Exception exception)
            when (exception is SocketException or OperationCanceledException or InvalidDataException)
        {
            Disconnect();
        }

        var end = Stopwatch.GetElapsedTime(started);
        if ((!_reader.HasEnded && _reader.Events < mostEvents) || _reader.ClosesConnection)
        {
            Disconnect();
        }

        return new(_reader.IsWhole, _reader.Status, _reader.Events, firstEvent, end);
    }

    private void Disconnect()
    {
        _socket?.Dispose();
        _socket = null;
    }
}
