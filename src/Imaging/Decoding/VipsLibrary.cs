using System.Runtime.InteropServices;
using NetVips;

namespace ModelService.Imaging.Decoding;

/// <summary>Configures libvips for the whole process, and adds a call that its .NET binding lacks.</summary>
internal static unsafe class VipsLibrary
{
    // Drops the warnings of libvips and its codecs: they are about clients' files, so clients could flood the log.
    private static readonly uint SilentLog = Log.SetLogHandler("VIPS", Enums.LogLevelFlags.All, (_, _, _) => { });

    // vips_region_fetch leaves the rows in libvips' memory; the binding's Region.Fetch copies them into a new array.
    private static readonly delegate* unmanaged<nint, int, int, int, int, nuint*, byte*> RegionFetch =
        (delegate* unmanaged<nint, int, int, int, int, nuint*, byte*>)
            NativeLibrary.GetExport(NativeLibrary.Load(FileName, typeof(Image).Assembly, null), "vips_region_fetch");

    private static string FileName =>
        OperatingSystem.IsWindows() ? "libvips-42.dll"
        : OperatingSystem.IsMacOS() ? "libvips.42.dylib"
        : "libvips.so.42";

    /// <summary>Sets the process-wide options of libvips. Further calls change nothing.</summary>
    public static void Configure()
    {
        // One thread per picture: the number of threads that decode pictures bounds the parallelism.
        NetVips.NetVips.Concurrency = 1;

        // No cache: no result is needed twice, and a cache would keep clients' pictures in memory.
        Cache.Max = 0;

        // Blocks the loaders that libvips calls unfit for untrusted files. VipsDecoder calls loaders by name, so this
        // is a second barrier.
        NetVips.NetVips.BlockUntrusted = true;
        _ = SilentLog;
    }

    /// <summary>Decodes some rows of an image.</summary>
    /// <param name="region">A region of the image.</param>
    /// <param name="top">Index of the first row.</param>
    /// <param name="width">Width of the image, in pixels.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="length">Size of the rows, in bytes.</param>
    /// <returns>The rows, to be freed with <see cref="Free"/>; null when they can't be decoded.</returns>
    public static byte* Fetch(Region region, int top, int width, int count, out nuint length)
    {
        fixed (nuint* size = &length)
            return RegionFetch(region.DangerousGetHandle(), 0, top, width, count, size);
    }

    /// <summary>Frees the rows of <see cref="Fetch"/>.</summary>
    /// <param name="rows">The rows, or null.</param>
    public static void Free(byte* rows)
    {
        if (rows is not null)
            NetVips.NetVips.Free((nint)rows);
    }
}
