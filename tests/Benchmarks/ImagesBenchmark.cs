using System.Diagnostics;
using Microsoft.Extensions.Options;
using ModelService.Imaging;
using ModelService.Imaging.Preprocessing;
using ModelService.TestSupport;

namespace ModelService.Benchmarks;

/// <summary>
/// One thread's processor time from a photo's bytes to a network's input: decoding, resizing to 256, cropping to 224,
/// normalising.
/// </summary>
internal static class ImagesBenchmark
{
    public static void Run()
    {
        var preprocessor = new Preprocessor(Options.Create(new ImagingOptions()));
        var destination = new float[3 * 224 * 224];
        Console.WriteLine("photo                          KB   CPU ms  bytes allocated");
        foreach (
            var name in new[]
            {
                "chelsea.jpg",
                "chelsea_progressive.jpg",
                "coffee.jpg",
                "rocket.jpg",
                "astronaut_12mp.jpg",
            }
        )
        {
            var encoded = Fixtures.Bytes("photos", name);
            void Once() => preprocessor.Run(encoded, PreprocessingDefinition.ImageNet, destination);
            for (var warm = 0; warm < 20; warm++)
                Once();
            var times = new List<double>();
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            for (var round = 0; round < 9; round++)
            {
                var before = Process.GetCurrentProcess().TotalProcessorTime;
                for (var run = 0; run < 20; run++)
                    Once();
                times.Add((Process.GetCurrentProcess().TotalProcessorTime - before).TotalMilliseconds / 20);
            }

            Console.WriteLine(
                $"{name, -26}{encoded.Length / 1024, 7}{times.Order().ElementAt(times.Count / 2), 9:f2}"
                    + $"{(GC.GetAllocatedBytesForCurrentThread() - allocated) / 180, 17:n0}"
            );
        }
    }
}
