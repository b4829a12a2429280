using System.Net.Http.Headers;
using System.Net.Http.Json;
using ModelService.TestSupport;

namespace ModelService.Benchmarks.Load;

/// <summary>Requests for predictions in their several forms.</summary>
internal static class Photos
{
    private static readonly byte[][] Jpegs =
    [
        .. new[] { "chelsea.jpg", "coffee.jpg", "astronaut.jpg", "rocket.jpg" }.Select(name =>
            Fixtures.Bytes("photos", name)
        ),
    ];

    /// <summary>Bytes of a photo, on average.</summary>
    public static double MeanBytes { get; } = Jpegs.Average(jpeg => jpeg.Length);

    /// <summary>A photo as the raw body; <paramref name="number"/> says which.</summary>
    public static Task<HttpResponseMessage> PostAsync(HttpClient http, string model, int number) =>
        SendAsync(http, model, Image(number), timeout: null);

    /// <summary>The same with a deadline.</summary>
    public static Task<HttpResponseMessage> PostAsync(HttpClient http, string model, int number, TimeSpan timeout) =>
        SendAsync(http, model, Image(number), timeout);

    /// <summary>Two photos as files of a form.</summary>
    public static Task<HttpResponseMessage> PostFormAsync(HttpClient http, string model, int number) =>
        SendAsync(
            http,
            model,
            new MultipartFormDataContent
            {
                { Image(number), "images", "one.jpg" },
                { Image(number + 1), "images", "two.jpg" },
            },
            timeout: null
        );

    /// <summary>A photo in JSON.</summary>
    public static Task<HttpResponseMessage> PostJsonAsync(HttpClient http, string model, int number) =>
        SendAsync(
            http,
            model,
            JsonContent.Create(new { images = new[] { Jpegs[number % Jpegs.Length] } }),
            timeout: null
        );

    /// <summary>Half of a photo.</summary>
    public static Task<HttpResponseMessage> PostBrokenAsync(HttpClient http, string model, int number)
    {
        var content = new ByteArrayContent(Jpegs[number % Jpegs.Length], 0, 100);
        content.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        return SendAsync(http, model, content, timeout: null);
    }

    /// <summary>Numbers instead of a photo, for networks of 3x32x32.</summary>
    public static Task<HttpResponseMessage> PostTensorAsync(HttpClient http, string model, int number) =>
        SendAsync(
            http,
            model,
            JsonContent.Create(
                new
                {
                    tensors = new[]
                    {
                        new { shape = (int[])[3, 32, 32], data = Enumerable.Repeat(number % 100 / 100f, 3 * 32 * 32) },
                    },
                }
            ),
            timeout: null
        );

    private static ByteArrayContent Image(int number)
    {
        var content = new ByteArrayContent(Jpegs[number % Jpegs.Length]);
        content.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        return content;
    }

    private static Task<HttpResponseMessage> SendAsync(
        HttpClient http,
        string model,
        HttpContent content,
        TimeSpan? timeout
    )
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/models/{model}/predict?scores=none")
        {
            Content = content,
        };
        if (timeout is { } deadline)
            request.Headers.Add("X-Request-Timeout-Ms", $"{deadline.TotalMilliseconds:f0}");
        return http.SendAsync(request);
    }
}
