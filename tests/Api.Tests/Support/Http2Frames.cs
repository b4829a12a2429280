using System.Buffers.Binary;
using System.Text;

namespace ModelService.Api.Tests.Support;

/// <summary>HTTP/2 by hand (RFC 9113), for what no client would send.</summary>
internal static class Http2Frames
{
    /// <summary>Types of frames.</summary>
    public const byte Data = 0,
        Headers = 1,
        Priority = 2,
        Reset = 3,
        Settings = 4,
        Ping = 6,
        Away = 7,
        WindowUpdate = 8,
        Continuation = 9;

    /// <summary>Flags of frames: the stream's last, and the headers' last.</summary>
    public const byte EndStream = 0x1,
        EndHeaders = 0x4;

    private const int Cancel = 8;

    /// <summary>Methods in HPACK's table.</summary>
    public const byte Get = 0x82,
        Post = 0x83;

    /// <summary>A connection's beginning.</summary>
    public static byte[] Beginning { get; } = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])];

    /// <summary>Ends the connection.</summary>
    public static byte[] GoAway { get; } = Frame(Away, 0, 0, new byte[8]);

    /// <summary>A connection's beginning, and then many requests, each of which is reset at once.</summary>
    public static byte[] RequestsThatAreReset(string path, string key, int count)
    {
        var request = Request(Get, path, key);
        byte[] reset = [0, 0, 0, Cancel];
        return
        [
            .. Beginning,
            .. Enumerable
                .Range(0, count)
                .Select(index => (2 * index) + 1)
                .SelectMany(stream =>
                    (byte[])
                        [.. Frame(Headers, EndStream | EndHeaders, stream, request), .. Frame(Reset, 0, stream, reset)]
                ),
        ];
    }

    /// <summary>
    /// A beginning and a frame without content: sent again and again, the frame costs the server time, and nothing
    /// else.
    /// </summary>
    /// <param name="type">The frame's type.</param>
    /// <param name="key">The key of the request that the frame belongs to, if it belongs to one.</param>
    public static (byte[] Begin, byte[] Frame) Flood(byte type, string key)
    {
        var request = Request(Post, "/v1/models/kept/predict", key);
        return type switch
        {
            Continuation => ([.. Beginning, .. Frame(Headers, 0, 1, request)], Frame(type, 0, 1, [])),

            // Content-Type: image/png, so that the server reads the body.
            Data => (
                [.. Beginning, .. Frame(Headers, EndHeaders, 1, [.. request, 0x0F, 0x10, .. Text("image/png")])],
                Frame(type, 0, 1, [])
            ),
            Priority => (Beginning, Frame(type, 0, 1, new byte[5])),
            WindowUpdate => (Beginning, Frame(type, 0, 0, [0, 0, 0, 1])),
            Ping => (Beginning, Frame(type, 0, 0, new byte[8])),
            _ => (Beginning, Frame(type, 0, 0, [])),
        };
    }

    /// <summary>The headers of a request.</summary>
    /// <param name="method">GET or POST.</param>
    /// <param name="path">Its path.</param>
    /// <param name="key">Its API key.</param>
    public static byte[] Request(byte method, string path, string key) =>
        // HPACK (RFC 7541): the method, http, and texts as they are.
        [method, 0x86, .. Text(0x04, path), .. Text(0x01, "x"), 0x00, .. Text("x-api-key"), .. Text(key)];

    /// <summary>A frame.</summary>
    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
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
