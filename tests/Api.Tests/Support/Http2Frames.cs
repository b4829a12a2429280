using System.Buffers.Binary;
using System.Text;

namespace ModelService.Api.Tests.Support;

/// <summary>HTTP/2 by hand (RFC 9113), for what no client would send.</summary>
internal static class Http2Frames
{
    private const byte Headers = 1,
        Reset = 3,
        Settings = 4,
        Away = 7;
    private const byte EndStreamAndHeaders = 0x5;
    private const int Cancel = 8;

    /// <summary>Ends the connection.</summary>
    public static byte[] GoAway { get; } = Frame(Away, 0, 0, new byte[8]);

    /// <summary>A connection's beginning, and then many requests, each of which is taken back at once.</summary>
    public static byte[] RequestsThatAreReset(string path, string key, int count)
    {
        // HPACK (RFC 7541): GET, http, and texts as they are.
        byte[] request =
        [
            0x82,
            0x86,
            .. Text(0x04, path),
            .. Text(0x01, "x"),
            0x00,
            .. Text("x-api-key"),
            .. Text(key),
        ];
        byte[] reset = [0, 0, 0, Cancel];
        return
        [
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
            .. Frame(Settings, 0, 0, []),
            .. Enumerable
                .Range(0, count)
                .Select(index => (2 * index) + 1)
                .SelectMany(stream =>
                    (byte[])[.. Frame(Headers, EndStreamAndHeaders, stream, request), .. Frame(Reset, 0, stream, reset)]
                ),
        ];
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var head = new byte[9];
        BinaryPrimitives.WriteInt32BigEndian(head, payload.Length << 8);
        (head[3], head[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), stream);
        return [.. head, .. payload];
    }

    // A header whose name stands in HPACK's table.
    private static byte[] Text(byte index, string value) => [index, .. Text(value)];

    private static byte[] Text(string value) => [(byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
