using Microsoft.Win32.SafeHandles;

namespace Holdfast.Observability;

/// <summary>The process's own standard output and error as streams that tell when they fail.</summary>
internal static class StandardStreams
{
    public static Stream Output() =>
        Console.IsOutputRedirected ? Open(1, Console.OpenStandardOutput) : Console.OpenStandardOutput();

    public static Stream Error() =>
        Console.IsErrorRedirected ? Open(2, Console.OpenStandardError) : Console.OpenStandardError();

    // The console's stream says nothing when the pipe's reader has left; a file stream fails. But a file stream keeps a
    // position of its own, which two streams on one file (> log 2>&1) must not: there the console's is right.
    private static Stream Open(int descriptor, Func<Stream> openConsole)
    {
        try
        {
            var stream = new FileStream(
                new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            if (!stream.CanSeek)
            {
                return stream;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A closed or odd descriptor: the console's stream takes those.
        }

        return openConsole();
    }
}
