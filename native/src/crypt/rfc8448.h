// The protected records of RFC 8448 section 3, "Simple 1-RTT Handshake", and the keys they are sealed with.
#ifndef DCN_CRYPT_RFC8448_H
#define DCN_CRYPT_RFC8448_H

#include <stdint.h>

struct rfc8448_record {
    const char *name;
    uint8_t type;  // inner content type
    uint64_t sequence;
    const char *key, *iv;
    const char *payload;  // NULL: not repeated here; it begins as `begins`
    const char *begins;
    const char *record;
};

#define RFC8448_PAYLOAD \
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031"

static const struct rfc8448_record rfc8448_records[] = {
    {.name = "server handshake",
     .type = 22,
     .sequence = 0,
     .key = "3fce516009c21727d0f2e4e86ee403bc",
     .iv = "5d313eb2671276ee13000b30",
     .begins = "080000240022000a",
     .record = "17030302a2d1ff334a56f5bff6594a07cc87b580233f500f45e489e7f33af35edf7869fcf40aa40aa2b8ea73f848a7ca07612ef9"
               "f945cb960b4068905123ea78b111b429ba9191cd05d2a389280f526134aadc7fc78c4b729df828b5ecf7b13bd9aefb0e57f27158"
               "5b8ea9bb355c7c79020716cfb9b1183ef3ab20e37d57a6b9d7477609aee6e122a4cf51427325250c7d0e509289444c9b3a648f1d"
               "71035d2ed65b0e3cdd0cbae8bf2d0b227812cbb360987255cc744110c453baa4fcd610928d809810e4b7ed1a8fd991f06aa62482"
               "04797e36a6a73b70a2559c09ead686945ba246ab66e5edd8044b4c6de3fcf2a89441ac66272fd8fb330ef8190579b3684596c960"
               "bd596eea520a56a8d650f563aad27409960dca63d3e688611ea5e22f4415cf9538d51a200c27034272968a264ed6540c84838d89"
               "f72c24461aad6d26f59ecaba9acbbb317b66d902f4f292a36ac1b639c637ce343117b659622245317b49eeda0c6258f100d7d961"
               "ffb138647e92ea330faeea6dfa31c7a84dc3bd7e1b7a6c7178af36879018e3f252107f243d243dc7339d5684c8b0378bf30244da"
               "8c87c843f5e56eb4c5e8280a2b48052cf93b16499a66db7cca71e4599426f7d461e66f99882bd89fc50800becca62d6c74116dbd"
               "2972fda1fa80f85df881edbe5a37668936b335583b599186dc5c6918a396fa48a181d6b6fa4f9d62d513afbb992f2b992f67f8af"
               "e67f76913fa388cb5630c8ca01e0c65d11c66a1e2ac4c85977b7c7a6999bbf10dc35ae69f5515614636c0b9b68c19ed2e31c0b3b"
               "66763038ebba42f3b38edc0399f3a9f23faa63978c317fc9fa66a73f60f0504de93b5b845e275592c12335ee340bbc4fddd50278"
               "4016e4b3be7ef04dda49f4b440a30cb5d2af939828fd4ae3794e44f94df5a631ede42c1719bfdabf0253fe5175be898e750edc53"
               "370d2b"},
    {.name = "client finished",
     .type = 22,
     .sequence = 0,
     .key = "dbfaa693d1762c5b666af5d950258d01",
     .iv = "5bd3c71b836e0b76bb73265f",
     .begins = "14000020",
     .record = "170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1caeacab68"
               "67d726c40546"},
    {.name = "client application data",
     .type = 23,
     .sequence = 0,
     .key = "17422dda596ed5d9acd890e3c63f5051",
     .iv = "5b78923dee08579033e523d9",
     .payload = RFC8448_PAYLOAD,
     .record = "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f"
               "5a6292a2977014bd1e3deae63aeebb21694915e4"},
    {.name = "server application data",
     .type = 23,
     .sequence = 1,
     .key = "9f02283b6c9c07efc26bb9f2ac92e356",
     .iv = "cf782b88dd83549aadf1e984",
     .payload = RFC8448_PAYLOAD,
     .record = "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8fcc49c4b"
               "f2e5f0a21c0047c2abf332540dd032e167c2955d"},
    {.name = "client alert close_notify",
     .type = 21,
     .sequence = 1,
     .key = "17422dda596ed5d9acd890e3c63f5051",
     .iv = "5b78923dee08579033e523d9",
     .payload = "0100",
     .record = "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3"},
};

#endif
