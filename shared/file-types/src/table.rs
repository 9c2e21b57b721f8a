//! The table. Rows of one media type that differ in `inline` begin with the one that may be shown.

use crate::{Category, FileType};

macro_rules! types {
    ($($category:ident { $($content_type:literal $serving:ident: $($extension:literal)+;)+ })+) => {
        /// All types that may be uploaded.
        pub const TYPES: &[FileType] = &[$($(FileType {
            extensions: &[$($extension),+],
            content_type: $content_type,
            category: Category::$category,
            inline: types!(@$serving),
        },)+)+];
    };
    (@inline) => { true };
    (@attachment) => { false };
}

types! {
    Documents {
        "application/pdf" inline: "pdf";
        "application/msword" attachment: "doc";
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" attachment: "docx";
        "application/vnd.ms-word.document.macroEnabled.12" attachment: "docm";
        "application/vnd.ms-word.template.macroEnabled.12" attachment: "dotm";
        "application/vnd.oasis.opendocument.text" attachment: "odt";
        "application/vnd.apple.pages" attachment: "pages";
        "application/vnd.ms-xpsdocument" attachment: "xps";
        "application/oxps" attachment: "oxps";
        "application/rtf" attachment: "rtf";
        "application/vnd.wordperfect" attachment: "wpd" "wp";
        "image/vnd.adobe.photoshop" attachment: "psd";
        "image/x-xcf" attachment: "xcf";
    }
    Spreadsheets {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" attachment: "xlsx";
        "application/vnd.ms-excel.sheet.macroEnabled.12" attachment: "xlsm";
        "application/vnd.ms-excel.sheet.binary.macroEnabled.12" attachment: "xlsb";
        "application/vnd.ms-excel" attachment: "xls";
        "application/vnd.oasis.opendocument.spreadsheet" attachment: "ods";
        "application/vnd.apple.numbers" attachment: "numbers";
    }
    Interactive {
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" attachment: "pptx";
        "application/vnd.ms-powerpoint.presentation.macroEnabled.12" attachment: "pptm";
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow" attachment: "ppsx";
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.12" attachment: "ppsm";
        "application/vnd.openxmlformats-officedocument.presentationml.slide" attachment: "sldx";
        "application/vnd.ms-powerpoint.slide.macroEnabled.12" attachment: "sldm";
        "application/vnd.ms-powerpoint" attachment: "ppt" "pps";
        "application/vnd.oasis.opendocument.presentation" attachment: "odp";
        "application/vnd.apple.keynote" attachment: "key";
        "application/vnd.adobe.flash.movie" attachment: "swf";
        "text/html" attachment: "html" "htm";
    }
    Text {
        "text/plain" attachment: "txt" "asc";
        "text/csv" attachment: "csv";
        "text/tab-separated-values" attachment: "tsv";
        "text/markdown" attachment: "md";
        "application/json" attachment: "json";
    }
    Images {
        "image/png" inline: "png";
        "image/jpeg" inline: "jpg" "jpeg" "jpe";
        "image/gif" inline: "gif";
        "image/webp" inline: "webp";
        "image/bmp" attachment: "bmp";
        "image/tiff" attachment: "tif" "tiff";
        "image/vnd.microsoft.icon" attachment: "ico";
        "image/heic" attachment: "heic";
    }
    Audio {
        "audio/mpeg" inline: "mp3";
        "audio/mpeg" attachment: "mp2" "mp1" "m3a";
        "audio/ogg" inline: "ogg";
        "audio/ogg" attachment: "oga";
        "audio/wav" inline: "wav";
        "audio/aac" attachment: "aac";
        "audio/ac3" attachment: "ac3";
        "audio/aiff" attachment: "aif" "aiff";
        "audio/flac" attachment: "flac";
        "audio/mp4" attachment: "m4a" "m4b";
        "audio/x-matroska" attachment: "mka";
        "audio/x-ms-wma" attachment: "wma";
        "audio/x-pn-realaudio" attachment: "ram";
    }
    Video {
        "video/mp4" inline: "mp4";
        "video/webm" inline: "webm";
        "video/x-m4v" attachment: "m4v";
        "video/quicktime" attachment: "mov" "qt";
        "video/3gpp" attachment: "3gp" "3gpp";
        "video/3gpp2" attachment: "3g2";
        "video/mpeg" attachment: "mpg" "mpeg" "mpv" "vob";
        "video/ogg" attachment: "ogv" "ogm";
        "video/x-matroska" attachment: "mkv";
        "video/x-msvideo" attachment: "avi" "divx";
        "video/x-ms-asf" attachment: "asf";
        "video/x-ms-wmv" attachment: "wmv";
        "video/x-flv" attachment: "flv";
        "video/x-dv" attachment: "dv";
        "application/vnd.rn-realmedia" attachment: "rm";
    }
}
