using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.OpenInference;

/// <summary>Bodies of the Open Inference Protocol.</summary>
internal static class InferBodies
{
    /// <summary>JSON for the small networks, of a batch of one.</summary>
    public static string Json(string? data = null, string more = "", string shape = "[1,3,32,32]") =>
        $$"""
            {"inputs":[{"name":"input","shape":{{shape}},"datatype":"FP32","data":{{data ?? Flat()}}}]{{more}}}
            """;

    /// <summary>The numbers of an input as JSON.</summary>
    public static string Flat() => $"[{string.Join(',', Networks.Input().Select(Text))}]";

    /// <summary>The numbers of an input as nested JSON.</summary>
    public static string Nested()
    {
        var planes = Networks
            .Input()
            .Chunk(32 * 32)
            .Select(plane => Join(plane.Chunk(32).Select(row => Join(row.Select(Text)))));
        return $"[{Join(planes)}]";
    }

    /// <summary>JSON with binary data behind it.</summary>
    public static HttpContent Binary(string json, byte[] data, string? length = null)
    {
        var header = Encoding.UTF8.GetBytes(json);
        var content = new ByteArrayContent([.. header, .. data]);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/octet-stream");
        content.Headers.TryAddWithoutValidation(
            "Inference-Header-Content-Length",
            length ?? header.Length.ToString(CultureInfo.InvariantCulture)
        );
        return content;
    }

    /// <summary>The bytes of an input.</summary>
    public static byte[] Bytes() => MemoryMarshal.AsBytes(Networks.Input().AsSpan()).ToArray();

    private static string Join(IEnumerable<string> items) => $"[{string.Join(',', items)}]";

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);
}
